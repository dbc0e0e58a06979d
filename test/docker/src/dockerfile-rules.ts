import { type Copy, DockerfileParser, type From, type Instruction } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import type { BuildContext } from './build-context.ts';

/** Names that a secret would have. */
const SECRET = /PASS|SECRET|TOKEN|CREDENTIAL|(^|_)KEYS?($|_)/i;
/** A version down to the patch: a shorter tag means another image next week. */
const EXACT_TAG = /^\d+\.\d+\.\d+/;

/** A Dockerfile that parses, as far as others need it. */
export interface Image {
  /** `ENV` of the last stage. */
  readonly environment: Readonly<Record<string, string>>;
  /** What is started; empty without an `ENTRYPOINT` in exec form. */
  readonly entrypoint: readonly string[];
  /** What asks for its health; empty without one in exec form. */
  readonly healthcheck: readonly string[];
  /** Base images of other people, with their tags. */
  readonly bases: readonly string[];
}

interface Stage {
  readonly from: From;
  readonly instructions: readonly Instruction[];
}

/** What is wrong with a Dockerfile: one sentence each, with its line. */
export function lintDockerfile(text: string, context: BuildContext): readonly string[] {
  const stages = toStages(text);
  const last = stages.at(-1);
  if (last === undefined) return ['there is no FROM'];
  return [
    ...validate(text).map(({ range, message }) => `line ${range.start.line + 1}: ${message}`),
    ...checkBases(stages),
    ...stages.flatMap(({ instructions }, index) =>
      instructions.flatMap((instruction) => checkInstruction(instruction, stages.slice(0, index), context)),
    ),
    ...checkLast(last, context),
  ];
}

/** Reads what a Dockerfile makes. */
export function readImage(text: string): Image {
  const stages = toStages(text);
  const instructions = stages.at(-1)?.instructions ?? [];
  const env = of(instructions, 'ENV').flatMap((instruction) => instruction.getArguments());
  return {
    environment: Object.fromEntries(
      env.map((argument) => argument.getValue().split(/=(.*)/, 2) as [string, string]),
    ),
    entrypoint: execForm(of(instructions, 'ENTRYPOINT').at(-1)),
    healthcheck: execForm(of(instructions, 'HEALTHCHECK').at(-1)),
    bases: foreignBases(stages).map((from) => from.getImage() ?? ''),
  };
}

function toStages(text: string): readonly Stage[] {
  const stages: { from: From; instructions: Instruction[] }[] = [];
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    if (instruction.getKeyword() === 'FROM') stages.push({ from: instruction as From, instructions: [] });
    else stages.at(-1)?.instructions.push(instruction);
  }
  return stages;
}

function of(instructions: readonly Instruction[], keyword: string): readonly Instruction[] {
  return instructions.filter((instruction) => instruction.getKeyword() === keyword);
}

/** The words of a command in exec form; none for one that a shell would read. */
function execForm(instruction: Instruction | undefined): readonly string[] {
  const [, list] = /(\[.*\])\s*$/s.exec(instruction?.getArgumentsContent() ?? '') ?? [];
  try {
    return list === undefined ? [] : (JSON.parse(list.replaceAll('\\\n', '')) as string[]);
  } catch {
    return [];
  }
}

function foreignBases(stages: readonly Stage[]): readonly From[] {
  const names = new Set(stages.map(({ from }) => from.getBuildStage()));
  return stages.map(({ from }) => from).filter((from) => !names.has(from.getImage()));
}

function checkBases(stages: readonly Stage[]): readonly string[] {
  return foreignBases(stages)
    .filter((from) => !EXACT_TAG.test(from.getImageTag() ?? ''))
    .map((from) => `${where(from)}: ${from.getImage()} is not pinned to a version down to the patch`);
}

function checkInstruction(
  instruction: Instruction,
  before: readonly Stage[],
  context: BuildContext,
): readonly string[] {
  const say = (...findings: readonly (string | false)[]) =>
    findings.filter((finding) => finding !== false).map((finding) => `${where(instruction)}: ${finding}`);
  const content = instruction.getArgumentsContent() ?? '';
  switch (instruction.getKeyword()) {
    case 'ADD':
      return say('ADD unpacks and downloads: use COPY');
    case 'COPY':
      return say(...checkCopy(instruction as Copy, before, context));
    case 'ARG':
    case 'ENV':
      return say(
        instruction.getArguments().some((argument) => SECRET.test(argument.getValue().split('=')[0] ?? '')) &&
          'a secret would stay in the image',
      );
    case 'RUN':
      return say(...checkRun(content));
    default:
      return [];
  }
}

function checkCopy(copy: Copy, before: readonly Stage[], context: BuildContext): readonly (string | false)[] {
  const sources = copy
    .getArguments()
    .slice(0, -1)
    .map((argument) => argument.getValue());
  const stage = copy.getFromFlag()?.getValue();
  if (stage !== undefined && stage !== null)
    return [!before.some(({ from }) => from.getBuildStage() === stage) && `there is no stage ${stage}`];
  return sources.map((source) => !context.has(source) && `${source} is not in the build context`);
}

function checkRun(command: string): readonly (string | false)[] {
  const installs = /\bapt-get install\b/.test(command);
  const npmCi = /\bnpm ci\b/.test(command);
  return [
    installs && !command.includes('--no-install-recommends') && 'apt-get installs more than is needed',
    installs && !/rm -rf? \/var\/lib\/apt\/lists/.test(command) && 'the package lists stay in the layer',
    npmCi && !command.includes('--ignore-scripts') && 'scripts of packages are run',
    npmCi && !command.includes('--omit=dev') && 'tools of development are installed',
    /\bnpm (install|i)\b(?! --global npm@\d+\.\d+\.\d+)/.test(command) && 'npm installs what is not locked',
  ];
}

function checkLast({ instructions }: Stage, context: BuildContext): readonly string[] {
  const user = of(instructions, 'USER').at(-1)?.getArgumentsContent() ?? '';
  const entrypoint = execForm(of(instructions, 'ENTRYPOINT').at(-1));
  const healthcheck = execForm(of(instructions, 'HEALTHCHECK').at(-1));
  const cmd = of(instructions, 'CMD').at(-1);
  const script = healthcheck[1] ?? '';
  const findings = [
    !/^[1-9]\d*:[1-9]\d*$/.test(user) && `the user is ${user || 'root'}: it must be a number other than 0`,
    entrypoint.length === 0 && 'there is no ENTRYPOINT in exec form: signals would go to a shell',
    entrypoint.length > 0 && !startsNode(entrypoint) && `${entrypoint.join(' ')} does not start Node itself`,
    cmd !== undefined && execForm(cmd).length === 0 && 'CMD is not in exec form',
    healthcheck.length === 0 && 'there is no HEALTHCHECK in exec form',
    healthcheck.length > 0 &&
      healthcheck[0] !== 'node' &&
      `${healthcheck[0]} is not in the image: ask with node`,
    healthcheck.length > 0 && !context.has(script) && `${script} is not in the build context`,
  ];
  return findings.filter((finding) => finding !== false).map((finding) => `last stage: ${finding}`);
}

/** Node as the first process, or behind tini. */
function startsNode(entrypoint: readonly string[]): boolean {
  const command = entrypoint[0] === 'tini' && entrypoint[1] === '--' ? entrypoint.slice(2) : entrypoint;
  return command[0] === 'node' && /^apps\/[a-z]+\/dist\/main\.js$/.test(command[1] ?? '');
}

function where(instruction: Instruction): string {
  return `line ${instruction.getRange().start.line + 1}`;
}
