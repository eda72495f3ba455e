/**
 * Which folder may import which. An area is a folder of `src`, a room is a folder inside an area.
 * @type {import('dependency-cruiser').IConfiguration}
 */
export default {
  forbidden: [
    {
      name: 'contract-imports-only-itself',
      comment: 'The contract describes what crosses a process border, so it can depend on no process.',
      severity: 'error',
      from: { path: '^src/contract/' },
      to: { path: '^(src/(?!contract/)|build/|test/|bench/)' },
    },
    {
      name: 'contract-and-window-without-node',
      comment: 'The window runs in a sandboxed page, and it runs the contract.',
      severity: 'error',
      from: { path: '^src/(contract|renderer)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'node-imports-contract',
      comment: 'Helpers over Node are below both main and training.',
      severity: 'error',
      from: { path: '^src/node/' },
      to: { path: '^(src/(?!node/|contract/)|build/|test/|bench/)' },
    },
    {
      name: 'main-imports-contract-and-node',
      severity: 'error',
      from: { path: '^src/main/' },
      to: { path: '^(src/(?!main/|node/|contract/)|build/|test/|bench/)' },
    },
    {
      name: 'preload-imports-contract',
      severity: 'error',
      from: { path: '^src/preload/' },
      to: { path: '^(src/(?!preload/|contract/)|build/|test/|bench/)' },
    },
    {
      name: 'renderer-imports-contract',
      severity: 'error',
      from: { path: '^src/renderer/' },
      to: { path: '^(src/(?!renderer/|contract/)|build/|test/|bench/)' },
    },
    {
      name: 'training-imports-contract-and-node',
      severity: 'error',
      from: { path: '^src/training/' },
      to: { path: '^(src/(?!training/|node/|contract/)|build/|test/|bench/)' },
    },
    {
      name: 'features-import-no-insides',
      comment: 'A feature of the window offers what others may use in its index.ts.',
      severity: 'error',
      from: { path: '^src/renderer/features/([^/]+)/' },
      to: {
        path: '^src/renderer/features/',
        pathNot: ['^src/renderer/features/$1/', '^src/renderer/features/[^/]+/index[.]ts$'],
      },
    },
    {
      name: 'window-from-app-to-api',
      comment: 'The app shows features, features are made of ui, and all call the api.',
      severity: 'error',
      from: { path: '^src/renderer/(api|ui|features)/' },
      to: { path: '^src/renderer/(app/|main[.]ts)' },
    },
    {
      name: 'ui-below-features',
      severity: 'error',
      from: { path: '^src/renderer/(api|ui)/' },
      to: { path: '^src/renderer/features/' },
    },
    {
      name: 'api-below-ui',
      severity: 'error',
      from: { path: '^src/renderer/api/' },
      to: { path: '^src/renderer/ui/' },
    },
    {
      name: 'build-imports-contract',
      severity: 'error',
      from: { path: '^build/' },
      to: { path: '^(src/(?!contract/)|test/|bench/)' },
    },
    {
      name: 'shells-are-the-top-of-main',
      comment: 'A shell opens the studio; nothing in the studio knows which shell opened it.',
      severity: 'error',
      from: { path: '^src/main/(?!shells/)' },
      to: { path: '^src/main/shells/' },
    },
    {
      name: 'no-cycle-between-folders',
      comment:
        'Two folders that import each other are one room with two names. Move the shared part below both. ' +
        'The folders of the contract only sort its schemas, which describe one another.',
      severity: 'error',
      scope: 'folder',
      from: { pathNot: '^src/contract' },
      to: { circular: true },
    },
    {
      name: 'no-unresolved-import',
      comment:
        'An import that cannot be resolved would escape every rule above. Packages are checked by knip and the types.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, path: '^[.#]' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.web.json' },
    enhancedResolveOptions: { conditionNames: ['import', 'node', 'types'], extensions: ['.ts', '.vue', '.mjs', '.js'] },
    exclude: { path: 'node_modules' },
  },
}
