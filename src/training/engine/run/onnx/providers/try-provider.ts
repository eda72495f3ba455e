import { encodeOnnx } from '../../../record/graph/encode-onnx.ts'
import { Graph } from '../../../record/graph/graph.ts'
import { explainError } from '../explain-error.ts'
import type { Provider } from '../providers.ts'
import { numberIn, type Session } from '../runtime.ts'

/**
 * Computes 1 + 1 to find out whether a provider's libraries load and its device responds.
 * @returns the session, for the caller to release: WebGPU drops its device with all compiled shaders when the last session is released
 * @throws Error of ONNX Runtime, or the StudioError that explains it
 */
export async function tryProvider({
  runtime,
  sessionOptions,
}: Pick<Provider, 'runtime' | 'sessionOptions'>): Promise<Session> {
  const graph = new Graph()
  const x = graph.input('x', { shape: [1], type: 'float32' })
  const sum = graph.node('Add', [x, x], x)
  let session: Session | undefined
  try {
    session = await runtime.open(encodeOnnx(program, { sum }).bytes, sessionOptions)
    const answer = numberIn(await session.run({ x: { shape: [1], dtype: 'float32', data: Float32Array.of(1) } }), 'sum')
    if (answer !== 2) throw new Error(`1 + 1 gave ${answer}.`)
    return session
  } catch (cause) {
    await session?.release()
    throw explainError(program, cause)
  }
}

const program = 'a trial'
