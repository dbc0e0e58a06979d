/** `worker_presence.has_left`: the worker has stopped. It stays in the table for an hour, because jobs that it ran still name it. */
export const LEFT_WORKERS = `
ALTER TABLE worker_presence ADD COLUMN has_left INTEGER NOT NULL DEFAULT 0;
`;
