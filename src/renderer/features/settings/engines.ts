import { autoChoice, autoOrder, graphicsOrder } from '#contract/engine.ts'
import type { EngineReport } from '#contract/engine.ts'

/** In a sentence or two, why `auto` does not take the fastest engine; empty where it does. */
export function passedOver(engines: readonly EngineReport[]): string {
  const chosen = autoChoice(engines)
  const [fastest] = autoOrder
  if (chosen === undefined || chosen === fastest || graphicsOrder.some((name) => name === chosen)) return ''
  const reason = engines.find(({ name }) => name === fastest)?.reason ?? ''
  return `auto takes ${chosen}, which is slower than ${fastest}. ${reason}`.trim()
}
