import { existsSync } from 'node:fs';
import type { TestBroker } from './test-broker.ts';

const IMAGE = 'rabbitmq:4.2-management';
const API_PORT = 15_672;

/** Whether there may be a Docker engine to ask. */
export function hasDocker(env: Readonly<Record<string, string | undefined>> = process.env): boolean {
  return env['DOCKER_HOST'] !== undefined || existsSync('/var/run/docker.sock');
}

/** Starts RabbitMQ in a container. @throws {Error} when there is no engine, or no image. */
export async function startContainer(): Promise<TestBroker> {
  const { RabbitMQContainer } = await import('@testcontainers/rabbitmq');
  const container = await new RabbitMQContainer(IMAGE).withExposedPorts(5_672, API_PORT).start();
  const { host } = new URL(container.getAmqpUrl());
  return {
    amqpUrl: `amqp://guest:guest@${host}`,
    apiUrl: `http://guest:guest@${container.getHost()}:${container.getMappedPort(API_PORT)}`,
    origin: `a container of ${IMAGE}`,
    stop: async () => {
      await container.stop();
    },
  };
}
