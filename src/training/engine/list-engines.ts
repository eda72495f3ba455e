import { explanationOf } from '#contract/api/errors.ts'
import { engineNames, isCompiled, traitsOf, type EngineName, type EngineReport } from '#contract/domain/engine.ts'
import { loadBackend } from './run/eager/backends.ts'
import { openProvider } from './run/onnx/providers.ts'

/** Tries every engine on this machine. Never throws: a missing engine is reported with the reason and its loader's message. */
export function listEngines(): Promise<EngineReport[]> {
  return Promise.all(engineNames.map(reportEngine))
}

/** Tries one engine. Never throws. */
export async function reportEngine(name: EngineName): Promise<EngineReport> {
  const { title, installCommand } = traitsOf(name)
  try {
    return { name, isPresent: true, reason: title, ...(await deviceOf(name)), install: '' }
  } catch (cause) {
    const known = explanationOf(cause)
    if (known !== undefined) {
      const detail = known.cause === undefined ? {} : { detail: reasonOf(known.cause) }
      return { name, isPresent: false, reason: `${known.message} ${known.hint}`, ...detail, device: '', install: '' }
    }
    const detail = cause instanceof Error && cause.cause !== undefined ? { detail: reasonOf(cause.cause) } : {}
    return { name, isPresent: false, reason: reasonOf(cause), ...detail, device: '', install: installCommand ?? '' }
  }
}

async function deviceOf(name: EngineName): Promise<Pick<EngineReport, 'device' | 'card'>> {
  if (!isCompiled(name)) return { device: (await loadBackend(name)).device }
  const provider = await openProvider(name)
  await provider.dispose()
  const { device, card } = provider
  return { device, ...(card === undefined ? {} : { card }) }
}

export function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
