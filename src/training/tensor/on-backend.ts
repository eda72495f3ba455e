import { StudioError } from '#contract/api/errors.ts'
import * as tf from './tf.ts'

/**
 * Runs a program with one of tfjs's backends as the current one, and disposes the tensors it leaves behind unless kept.
 * tfjs has one current backend for the whole process, so `body` is synchronous and the former backend comes back.
 * Throws a `StudioError` that names the kernel when the backend lacks one.
 */
export function onBackend<T>(backend: string, program: string, body: () => T): T {
  const engine = tf.engine()
  const former = engine.backendName
  void tf.setBackend(backend)
  engine.startScope(program)
  try {
    return body()
  } catch (cause) {
    throw explained(backend, program, cause)
  } finally {
    engine.endScope()
    if (former) void tf.setBackend(former)
  }
}

function explained(backend: string, program: string, cause: unknown): unknown {
  const kernel = cause instanceof Error ? /Kernel '(\w+)' not registered/.exec(cause.message)?.[1] : undefined
  if (kernel === undefined) return cause
  const message = `'${program}' uses the tfjs kernel '${kernel}', which the ${backend} backend does not have.`
  return new StudioError('engine-unavailable', message, 'Choose another engine.', { cause })
}
