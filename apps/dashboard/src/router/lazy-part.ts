import { lazyRouteComponent } from '@tanstack/react-router';

/** In the storage of the tab: the build for which the page was loaded again. */
const RELOADED_KEY = 'leveret-reloaded-build';
/** Address of the script that runs: it has a digest of the build in its name. */
const BUILD = import.meta.url;

/**
 * A component whose code is loaded when it is needed. When the code cannot be loaded, the page is loaded again: it was built anew, and its files have
 * other names now. This happens once for each build. After that, rendering the component throws.
 */
export function lazyPart<Module extends Record<string, unknown>, Name extends keyof Module>(
  load: () => Promise<Module>,
  name: Name,
) {
  return lazyRouteComponent(() => loadOrReload(load), name);
}

async function loadOrReload<Module>(load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    if (!reloadOnce())
      throw new Error('The server does not answer, or its files are of another version. Reload the page.', {
        cause,
      });
    // Nothing is shown until the page is there again.
    return await new Promise(() => undefined);
  }
}

/** Loads the page again unless this was done for this build. @returns Whether it does. */
function reloadOnce(): boolean {
  try {
    if (sessionStorage.getItem(RELOADED_KEY) === BUILD) return false;
    sessionStorage.setItem(RELOADED_KEY, BUILD);
  } catch {
    // The browser keeps nothing: a page that is loaded again would not know it.
    return false;
  }
  window.location.reload();
  return true;
}
