import { Page } from '../../ui/page.tsx';

/** TODO by the engineer of this page. */
export function AccountsPage() {
  return <Page title="Accounts">{null}</Page>;
}
