import { onTestFinished } from 'vitest'

/** Sets a variable of the environment, for this process and those that it starts, until the test ends. */
export function withVariable(name: string, value: string): void {
  const before = process.env[name]
  process.env[name] = value
  onTestFinished(() => {
    if (before === undefined) delete process.env[name]
    else process.env[name] = before
  })
}

/** Until the test ends, every process started from here does something as soon as it asks for a module whose name holds `part`. */
export function whenAskedFor(part: string, action: string): void {
  const script = `import { registerHooks } from 'node:module'\nregisterHooks({ resolve(name, context, next) {\nif (name.includes('${part}')) ${action}\nreturn next(name, context) } })`
  withVariable('NODE_OPTIONS', `--import=data:text/javascript,${encodeURIComponent(script)}`)
}
