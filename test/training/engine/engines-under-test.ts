import { afterAll, inject } from 'vitest'
import type { EngineName } from '#contract/domain/engine.ts'
import type { Engine } from '#training/engine/program/engine.ts'
import { createEngine } from '#training/selection/create-engine.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Engines that tests compare with plain JavaScript, by the project of vitest that runs them. */
    engines: { compiled: EngineName[]; eager: EngineName[] }
  }
}

export const { compiled, eager } = inject('engines')

/** Opens each engine once for all tests of a file: WebGPU compiles its shaders again for each opened device, which takes seconds. */
export function useEngines(): (name: EngineName) => Promise<Engine> {
  const engines = new Map<EngineName, Promise<Engine>>()
  afterAll(async () => {
    for (const engine of engines.values()) await (await engine).dispose()
  })
  return (name) => {
    const engine = engines.get(name) ?? createEngine(name, { threads: 2 })
    engines.set(name, engine)
    return engine
  }
}
