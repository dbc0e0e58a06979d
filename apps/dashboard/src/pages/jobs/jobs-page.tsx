import { Page } from '../../ui/page.tsx';

/** TODO by the engineer of this page. */
export function JobsPage() {
  return <Page title="Jobs">{null}</Page>;
}
