import type { FastifyInstance } from 'fastify';

/** Which methods each address takes: what a 405 tells. */
export interface MethodTable {
  /** Methods of the routes that `path` matches; none when nothing is there. */
  allowedFor(path: string): readonly string[];
}

/** Fills itself as routes are added to `app` and its children, so it is created before them. */
export function createMethodTable(app: FastifyInstance): MethodTable {
  const methodsByPattern = new Map<string, Set<string>>();

  app.addHook('onRoute', ({ url, method }) => {
    const methods = methodsByPattern.get(url) ?? new Set();
    for (const each of [method].flat()) methods.add(each);
    methodsByPattern.set(url, methods);
  });

  return {
    allowedFor(path) {
      const matching = [...methodsByPattern].filter(([pattern]) => matches(pattern, path));
      return [...new Set(matching.flatMap(([, methods]) => [...methods]))].sort();
    },
  };
}

/** Whether `path` has the form of a route's pattern: `:name` and a constrained `:name(…)` stand for one step, `*` for the rest. */
function matches(pattern: string, path: string): boolean {
  const steps = pattern.split('/');
  const given = path.split('/');
  const wildcard = steps.indexOf('*');
  if (wildcard >= 0) return false;
  return (
    steps.length === given.length &&
    steps.every((step, index) => (step.includes(':') ? given[index] !== '' : step === given[index]))
  );
}
