import { Page } from '../../ui/page.tsx';

/** TODO by the engineer of this page. */
export function SetAsidePage() {
  return <Page title="Set aside">{null}</Page>;
}
