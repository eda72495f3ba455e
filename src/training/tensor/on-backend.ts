import { StudioError } from '#contract/api/errors.ts'
import * as tf from './tf.ts'

/**
 * Runs a program on one of tfjs's backends and disposes its tensors, except those passed to `tf.keep`. tfjs has one current backend per
 * process, so `body` is synchronous and the previous backend is restored.
 * @throws StudioError `engine-unavailable` with the name of the kernel if the backend lacks one
 */
export function onBackend<T>(backend: string, program: string, body: () => T): T {
  const engine = tf.engine()
  const previous = engine.backendName
  void tf.setBackend(backend)
  engine.startScope(program)
  try {
    return body()
  } catch (cause) {
    throw explainError(backend, program, cause)
  } finally {
    engine.endScope()
    if (previous) void tf.setBackend(previous)
  }
}

function explainError(backend: string, program: string, cause: unknown): unknown {
  const kernel = cause instanceof Error ? /Kernel '(\w+)' not registered/.exec(cause.message)?.[1] : undefined
  if (kernel === undefined) return cause
  const message = `'${program}' uses the tfjs kernel '${kernel}', which the ${backend} backend does not have.`
  return new StudioError('engine-unavailable', message, 'Choose another engine.', { cause })
}
