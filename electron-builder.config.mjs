// Packages the desktop client as laid out by scripts/stage-desktop.mjs. Each system is packed on itself, for itself.
/** @type {import('electron-builder').Configuration} */
export default {
  appId: 'org.sotto.desktop',
  productName: 'Sotto',
  directories: { app: 'client/dist/app', output: 'client/dist/packages' },
  electronVersion: '45.4.1',
  // What was fetched, and checked, by `npm run desktop:install`.
  electronDist: 'node_modules/electron/dist',
  files: ['**/*', { from: 'node_modules', to: 'node_modules', filter: ['**/*'] }],
  npmRebuild: false,
  nodeGypRebuild: false,
  asar: true,
  asarUnpack: ['**/*.node'],
  // A program that is Sotto and nothing else: no Node to be borrowed, no debugger to be attached, no other code to be loaded.
  electronFuses: {
    runAsNode: false,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableCookieEncryption: true,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    grantFileProtocolExtraPrivileges: false,
  },
  publish: null,
  win: { target: 'nsis' },
  nsis: { oneClick: false, perMachine: false },
  mac: {
    target: 'dmg',
    category: 'public.app-category.social-networking',
    hardenedRuntime: true,
    extendInfo: { NSCameraUsageDescription: 'Sotto looks for the code that your other device shows.' },
  },
  linux: { target: ['AppImage', 'deb'], category: 'Network', maintainer: 'The Sotto authors', synopsis: 'Messenger' },
};
