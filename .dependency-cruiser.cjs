/** The boundaries of the architecture: who may import what. A test plants violations and sees each refused. */

/** What each project may import of the others, besides itself. */
const ALLOWED = {
  core: [],
  observability: ['core'],
  client: ['core', 'observability'],
  worker: ['core', 'observability'],
  recorder: ['core', 'observability'],
  control: ['core', 'observability'],
  rabbitmq: ['core', 'observability'],
  sqlite: ['core', 'observability'],
  storage: ['core', 'observability'],
  jobs: ['core'],
  video: ['core', 'jobs', 'observability'],
  mail: ['core', 'jobs', 'observability'],
  'http-contract': ['core', 'jobs'],
  http: ['core', 'jobs', 'http-contract', 'client', 'observability'],
  admin: ['core', 'http', 'http-contract', 'control', 'observability'],
  config: ['core'],
  testing: ['core'],
};
/** Where each vendor's client may be imported. */
const VENDORS = {
  amqplib: ['libs/rabbitmq/src/connection/amqp.ts', 'apps/cli/src/bench/amqplib-baseline.ts'],
  libsql: ['libs/sqlite/src/file/libsql.ts', 'apps/cli/src/bench/libsql-baseline.ts'],
  nodemailer: ['libs/mail/src/'],
  sharp: ['libs/video/src/'],
  'node-av': ['libs/video/src/engines/native-source.ts'],
  pino: ['libs/observability/src/'],
};
const DRIVERS = ['rabbitmq', 'sqlite', 'storage', 'mail', 'video'];
const TESTS = '\\.test\\.tsx?$|/fixtures/';

const projectRules = Object.entries(ALLOWED).map(([project, others]) => ({
  name: `${project}-imports-inwards`,
  comment: `libs/${project} may import: ${others.join(', ') || 'nothing of the project'}.`,
  severity: 'error',
  from: { path: `^libs/${project}/src/`, pathNot: TESTS },
  to: { path: '^(libs|apps|test)/', pathNot: `^libs/(${[project, ...others].join('|')})/` },
}));

const vendorRules = Object.entries(VENDORS).map(([vendor, homes]) => ({
  name: `${vendor}-has-one-home`,
  comment: `${vendor} is imported in ${homes.join(' and ')} alone.`,
  severity: 'error',
  from: { path: '^(libs|apps)/', pathNot: [TESTS, ...homes.map((home) => `^${home}`), '^libs/testing/'] },
  to: { path: `^node_modules/${vendor}/` },
}));

module.exports = {
  forbidden: [
    ...projectRules,
    ...vendorRules,
    {
      name: 'no-cycles',
      comment: 'A cycle has no inside: move what both need to where both may look.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'core-is-pure',
      comment: 'The core runs anywhere: no Node, no vendor; of the schema interface only its types.',
      severity: 'error',
      from: { path: '^libs/core/src/', pathNot: TESTS },
      to: {
        // What is installed for another project is found all the same: it counts as `npm-no-pkg`.
        dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'],
        pathNot: 'standard-schema',
      },
    },
    {
      name: 'only-wiring-names-a-driver',
      comment: 'An application names its drivers in wiring.ts: everything else works with ports.',
      severity: 'error',
      from: { path: '^apps/', pathNot: [TESTS, '(^|/)wiring\\.ts$'] },
      to: { path: `^libs/(${DRIVERS.join('|')})/` },
    },
    {
      name: 'the-api-runs-no-handler',
      comment: 'What burns CPU or touches hostile bytes stays out of the process that answers requests.',
      severity: 'error',
      from: { path: '^apps/api/' },
      to: { path: '^(libs/(video|mail|worker)|apps/(worker|standalone))/' },
    },
    {
      name: 'the-page-imports-the-contract',
      comment:
        'The page knows the server by its contract alone; what runs in a browser is built of core and of the contract.',
      severity: 'error',
      from: { path: '^apps/dashboard/src/', pathNot: TESTS },
      to: { path: '^(libs|apps|test)/', pathNot: '^(apps/dashboard/src|libs/(core|http-contract))/' },
    },
    {
      name: 'the-page-runs-no-schema',
      comment:
        'Of the contract of the admin API the page takes types and the table of verbs: schemas would bring zod into the browser.',
      severity: 'error',
      from: { path: '^apps/dashboard/src/', pathNot: TESTS },
      to: {
        path: '^libs/http-contract/src/(admin/|index)',
        pathNot: '^libs/http-contract/src/admin/verbs\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'the-page-needs-no-node',
      comment: 'The page runs in a browser.',
      severity: 'error',
      from: { path: '^apps/dashboard/src/', pathNot: TESTS },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'nobody-imports-its-own-index',
      comment: 'Inside a library, import the file that has it.',
      severity: 'error',
      from: { path: '^libs/([^/]+)/src/(?!testing/|processes/|rabbitmq/|index\\.ts)' },
      to: { path: '^libs/$1/src/index\\.ts$' },
    },
    {
      name: 'tests-are-not-imported',
      severity: 'error',
      from: { path: '^(libs|apps)/', pathNot: TESTS },
      to: { path: TESTS },
    },
    {
      name: 'everything-resolves',
      severity: 'error',
      from: { pathNot: TESTS },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|assets)/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@leveret/source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
    },
  },
};
