import type { CompiledEngineName } from '#contract/domain/engine.ts'
import type { Engine } from '../../program/engine.ts'
import { openInference } from './inference-session.ts'
import { openProvider, type Provider, type ProviderOptions } from './providers.ts'
import { openTraining } from './training-session.ts'

/** A compiled engine: programs are recorded to ONNX graphs, which ONNX Runtime executes. Throws when it is not present. */
export async function openOnnx(name: CompiledEngineName, options: ProviderOptions = {}): Promise<Engine> {
  return engineOn(name, await openProvider(name, options))
}

/** The compiled engine where `provider` computes. */
export function engineOn(name: CompiledEngineName, provider: Provider): Engine {
  return {
    name,
    description: provider.description,
    inference: (program, parameters) => openInference(provider, program, parameters),
    training: (program, state) => openTraining(provider, program, state),
    dispose: () => provider.dispose(),
  }
}
