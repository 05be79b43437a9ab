/** The panel is loaded as a plugin of its own; its lazy chunks are the app's. Runs before any import(). */
import amdModule from 'amd-module';

if (amdModule.uri) {
  const folder = amdModule.uri.slice(0, amdModule.uri.lastIndexOf('/') + 1);
  // From where the app itself is, or from the panel's folder inside it.
  __webpack_public_path__ = folder
    .replace(/\/countersign-queue-panel\/$/, '/countersign-decisions-app/')
    .replace(/\/panel\/$/, '/');
}
