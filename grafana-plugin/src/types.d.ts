declare module 'amd-module' {
  const amdModule: { uri?: string };
  export default amdModule;
}
declare let __webpack_public_path__: string;
