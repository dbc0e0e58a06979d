import { Page } from '../../ui/page.tsx';

/** TODO by the engineer of this page. */
export function AuditPage() {
  return <Page title="Audit">{null}</Page>;
}
