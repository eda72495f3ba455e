import { encodeOnnx } from '../../../record/graph/encode-onnx.ts'
import { Graph } from '../../../record/graph/graph.ts'
import type { Provider } from '../providers.ts'
import { numberIn, type Session } from '../runtime.ts'

/**
 * Computes 1 + 1 to find out whether a provider's libraries load and its device responds.
 * @returns the session, for the caller to release: WebGPU drops its device with all compiled shaders when the last session is released
 * @throws Error of ONNX Runtime
 */
export async function tryProvider({
  runtime,
  sessionOptions,
}: Pick<Provider, 'runtime' | 'sessionOptions'>): Promise<Session> {
  const graph = new Graph()
  const x = graph.input('x', { shape: [1], type: 'float32' })
  const sum = graph.node('Add', [x, x], x)
  const session = await runtime.open(encodeOnnx('a trial', { sum }).bytes, sessionOptions)
  try {
    const answer = numberIn(await session.run({ x: { shape: [1], dtype: 'float32', data: Float32Array.of(1) } }), 'sum')
    if (answer !== 2) throw new Error(`1 + 1 gave ${answer}.`)
  } catch (cause) {
    await session.release()
    throw cause
  }
  return session
}
