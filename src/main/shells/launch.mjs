// Plain JavaScript that any Node with modules can read, so that a Node too old for the studio prints an error instead of crashing.
// better-sqlite3 needs Node-API 10 (on an older Node it ends the process without a message); the sources are TypeScript.
const entries = { start: './start.ts', cli: './cli/main.ts' }
const entry = entries[process.argv[2]]

if (entry === undefined) {
  console.error(`Usage: node src/main/shells/launch.mjs ${Object.keys(entries).join('|')} [arguments]`)
  process.exit(1)
}
if (!(Number(process.versions.napi) >= 10 && process.features.typescript)) {
  console.error(
    `MVD Studio needs Node 24, or 22.18 and later, with its TypeScript support on; this is Node ${process.versions.node}. ` +
      'On Linux x64 "npm ci" brings it for every npm script; elsewhere install it from https://nodejs.org.',
  )
  process.exit(1)
}
process.argv.splice(2, 1)

// Node keeps compiled sources there. Every run, task and decoder is a process, and spends half of its start on compiling.
const { cacheFolder } = await import('../../node/user-folders.ts')
const { enableCompileCache } = await import('node:module')
process.env['NODE_COMPILE_CACHE'] ??= `${cacheFolder()}/compiled`
enableCompileCache(process.env['NODE_COMPILE_CACHE'])
await import(entry)
