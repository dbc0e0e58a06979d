import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LEVERET_VARIABLES } from '@leveret/config';
import { DCLinter } from 'dclint';
import { type ComposeFile, durationMs, parseCompose, referencesIn, type Service } from './compose-file.ts';

/** Rules of dclint that are about taste: the order here follows the story, not the alphabet. */
const TASTE = [
  'no-quotes-in-volumes',
  'service-keys-order',
  'services-alphabetical-order',
  'service-dependencies-alphabetical-order',
  'top-level-properties-order',
];
/** Names of variables that hold secrets. */
const SECRET = /PASS|SECRET|TOKEN|COOKIE|(^|_)KEYS?($|_)/i;
/** A reference that Compose refuses to start without, and nothing beside it. */
const DEMANDED = /^\$\{[A-Z_]+:\?[^}]+\}$/;

/** What is wrong with a compose file: one sentence each. Whatever does not parse or fit the specification is said alone. */
export function lintCompose(text: string): readonly string[] {
  const findings = lintBySpecification(text);
  if (findings.length > 0) return findings;
  const compose = parseCompose(text);
  return Object.entries(compose.services).flatMap(([name, service]) =>
    [
      ...checkHardening(service),
      ...checkOperation(service, compose),
      ...checkEnvironment(service),
      ...checkAddress(name, service),
    ].flatMap((finding) => (finding === false ? [] : [`${name}: ${finding}`])),
  );
}

type Finding = string | false;

/** What is used of dclint: its own declarations cannot be resolved from an ES module. */
interface SpecificationLinter {
  lintFiles(
    paths: readonly string[],
    recursively: boolean,
  ): readonly { readonly messages: readonly { readonly rule: string; readonly message: string }[] }[];
}

/** The specification of Compose, as a JSON schema, and rules that dclint knows. It reads files only. */
function lintBySpecification(text: string): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'leveret-compose-'));
  try {
    const file = join(folder, 'compose.yaml');
    writeFileSync(file, text);
    const rules = Object.fromEntries(TASTE.map((rule) => [rule, 0 as const]));
    const linter: SpecificationLinter = new DCLinter({ rules, quiet: true, debug: false, exclude: [] });
    return linter
      .lintFiles([file], false)
      .flatMap(({ messages }) => messages.map(({ rule, message }) => `${rule}: ${message}`));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function checkHardening(service: Service): readonly Finding[] {
  const { cap_drop = [], security_opt = [], user = '', build, read_only, tmpfs = [] } = service;
  return [
    !cap_drop.includes('ALL') && 'keeps capabilities',
    !security_opt.includes('no-new-privileges:true') && 'may gain privileges',
    build === undefined && /^(|root|0)(:|$)/.test(user) && 'runs as root',
    build !== undefined && read_only !== true && 'can write to its root file system',
    read_only === true && !tmpfs.some((mount) => mount.startsWith('/tmp:')) && 'has no bounded /tmp',
    service.mem_limit === undefined && 'has no memory limit',
    service.pids_limit === undefined && 'has no limit of processes',
  ];
}

function checkOperation(service: Service, { services, volumes = {} }: ComposeFile): readonly Finding[] {
  const { healthcheck, logging, depends_on = {} } = service;
  const rotation = logging?.options ?? {};
  const test = healthcheck?.test;
  return [
    service.restart !== 'unless-stopped' && 'is not started again',
    !Array.isArray(test) && 'has no health check',
    Array.isArray(test) && test[0] !== 'CMD' && 'has a health check that a shell reads',
    !('max-size' in rotation && 'max-file' in rotation) && 'has a log that grows without bounds',
    Number.isNaN(durationMs(service.stop_grace_period)) && 'has no time to stop',
    ...Object.entries(depends_on).flatMap(([other, { condition }]): Finding[] => [
      condition !== 'service_healthy' && `does not wait until ${other} is healthy`,
      services[other]?.healthcheck === undefined && `waits for ${other}, which has no health check`,
    ]),
    ...(service.volumes ?? [])
      .map((mount) => mount.split(':')[0] ?? '')
      .map((volume) => !(volume in volumes) && `${volume} is no named volume`),
  ];
}

function checkEnvironment({ environment = {} }: Service): readonly Finding[] {
  return Object.entries(environment).flatMap(([name, value]): Finding[] => {
    const text = String(value ?? '');
    return [
      name.startsWith('LEVERET_') && !LEVERET_VARIABLES.includes(name) && `${name} is not a setting`,
      SECRET.test(name) && !DEMANDED.test(text) && `${name} is not demanded from docker/.env`,
      hasLiteralPassword(text) && `${name} has a password in its URL`,
      ...referencesIn(text).map(
        ({ name: variable, demand, fallback }) =>
          demand === undefined && fallback === undefined && `${variable} may be missing without a word`,
      ),
    ];
  });
}

/** Whether a URL names a password that is no reference to a demanded variable. */
function hasLiteralPassword(url: string): boolean {
  const [, password] = /^[a-z]+:\/\/[^:@/]+:(.+)@/.exec(url) ?? [];
  return password !== undefined && !DEMANDED.test(password);
}

function checkAddress(name: string, { container_name, ports = [] }: Service): readonly Finding[] {
  return [
    container_name !== undefined && 'has a fixed name: there can be no second one',
    name === 'worker' && ports.length > 0 && 'takes ports of the host: there can be no second one',
    ...ports.map((port) => !port.startsWith('127.0.0.1:') && `publishes ${port} to other machines`),
  ];
}
