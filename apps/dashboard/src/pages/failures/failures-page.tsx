import { Page } from '../../ui/page.tsx';

/** TODO by the engineer of this page. */
export function FailuresPage() {
  return <Page title="Failures">{null}</Page>;
}
