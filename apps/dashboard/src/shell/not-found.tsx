import { Link } from '@tanstack/react-router';
import { Page } from '../ui/page.tsx';

/** An address without a page. */
export function NotFound() {
  return (
    <main className="alone">
      <Page title="There is no such page">
        <p className="lead">
          The address may be cut off or out of date. <Link to="/">Go to the overview</Link>
        </p>
      </Page>
    </main>
  );
}
