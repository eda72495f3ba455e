import { onTestFinished } from 'vitest'

/** Sets an environment variable for this process and its children until the test ends. */
export function withVariable(name: string, value: string): void {
  const before = process.env[name]
  process.env[name] = value
  onTestFinished(() => {
    if (before === undefined) delete process.env[name]
    else process.env[name] = before
  })
}

/** Until the test ends, child processes run `action` when they import a module whose name contains `module`. */
export function onImportOf(module: string, action: string): void {
  const script = `import { registerHooks } from 'node:module'\nregisterHooks({ resolve(name, context, next) {\nif (name.includes('${module}')) ${action}\nreturn next(name, context) } })`
  withVariable('NODE_OPTIONS', `--import=data:text/javascript,${encodeURIComponent(script)}`)
}
