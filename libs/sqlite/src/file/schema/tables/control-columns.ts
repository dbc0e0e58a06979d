/**
 * Leads from version 8 to 9. `operation.unaware`: workers that do not ask for decisions of control, as JSON; see `OperationRecord`.
 * `set_aside.job_id`: the job whose run (`generation`, `attempt`, `run`) the message starts. It is set while the broker could not
 * route the message and the job was not sent again. The index of `failure_group` holds the groups that may be deleted.
 */
export const CONTROL_COLUMNS = `
ALTER TABLE operation ADD COLUMN unaware TEXT;
ALTER TABLE set_aside ADD COLUMN job_id TEXT;
ALTER TABLE set_aside ADD COLUMN generation INTEGER;
ALTER TABLE set_aside ADD COLUMN attempt INTEGER;
ALTER TABLE set_aside ADD COLUMN run INTEGER;
CREATE INDEX set_aside_job ON set_aside (job_id, seq) WHERE job_id IS NOT NULL;
CREATE INDEX failure_group_over ON failure_group (last_seen_at) WHERE retrying + dead = 0;
`;
