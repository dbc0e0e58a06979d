import { Page } from '../../ui/page.tsx';

/** TODO by the engineer of this page. */
export function JobPage() {
  return <Page title="Job">{null}</Page>;
}
