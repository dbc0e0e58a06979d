import { Page } from '../../ui/page.tsx';

/** TODO by the engineer of this page. */
export function OperationsPage() {
  return <Page title="Operations">{null}</Page>;
}
