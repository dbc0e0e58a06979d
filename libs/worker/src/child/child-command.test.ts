import { expect, test } from 'vitest';
import { inheritedArgs } from './child-command.ts';

test('a child loads modules as its parent does', () => {
  const args = ['--conditions=@leveret/source', '--import', 'tsx', '-C', 'development', '--require=./x.cjs'];

  expect(inheritedArgs(args)).toEqual(args);
});

test('a child gets neither the script, nor the debugger, nor the limits of its parent', () => {
  const args = ['-e', 'work()', '--inspect=9229', '--import', 'tsx', '--max-old-space-size=99', '--test'];

  expect(inheritedArgs(args)).toEqual(['--import', 'tsx']);
});
