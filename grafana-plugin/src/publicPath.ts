/** Grafana says where the plugin was loaded from; lazy chunks are beside it. Runs before any import(). */
import amdModule from 'amd-module';

if (amdModule.uri) {
  __webpack_public_path__ = amdModule.uri.slice(0, amdModule.uri.lastIndexOf('/') + 1);
}
