import { resolve } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import type { TaskResult } from '#contract/api/tasks.ts'
import type { Task } from '#node/serve-task.ts'
import { compareOutputs, type Difference } from '../export/compare.ts'
import type { ExportFormat, ExportSource } from '../export/format.ts'
import { formats } from '../export/formats.ts'
import { runProgram } from '../export/run-program.ts'
import { sampleInputs } from '../export/sample.ts'
import { openExportSource } from '../export/source.ts'
import { writeTo } from '../export/target.ts'
import { createEngine } from '../selection/create-engine.ts'

/** Rounding and the epsilons of other libraries stay below this share of the largest output; a wrong tensor exceeds it. */
const largestShare = 0.1
/** Outputs of an untrained head are so small that rounding is a large share of them. */
const smallestOutput = 1e-3

/**
 * Writes a model in another format, reads the file back and compares its outputs for one clip with those of the studio. The file is moved
 * into place only if all of that succeeds.
 */
export const exportModel: Task<'export-model'> = async ({ model, format: name, to, force }, _report, signal) => {
  const format = formats[name]
  const path = resolve(to)
  const { files, ...result } = await writeTo({ path, folder: format.folder, force }, async (file) => {
    await using source = await openExportSource(model, format.assumes, signal)
    format.check?.(source)
    const tensors = await format.write(source, file, signal)
    return { tensors, ...(await readBack(format, source, file, signal)) }
  })
  const [only, ...others] = files
  const sha256 = format.folder === undefined && only !== undefined && others.length === 0 ? only.sha256 : null
  return {
    path,
    format: name,
    sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    sha256,
    files,
    ...result,
  }
}

async function readBack(
  format: ExportFormat,
  source: ExportSource,
  file: string,
  signal: AbortSignal,
): Promise<Difference & Pick<TaskResult<'export-model'>, 'reader'>> {
  const program = format.program(source.model)
  const inputs = sampleInputs(program.inputs)
  const engine = await createEngine('auto')
  try {
    const expected = await runProgram(engine, program, await source.weights.readAll(signal), inputs)
    signal.throwIfAborted()
    const { reader, outputs } = await format.readBack(source, file, inputs, engine, signal)
    const difference = compareOutputs(expected, outputs)
    if (difference.maxDifference > largestShare * Math.max(smallestOutput, difference.largestOutput)) {
      throw new StudioError(
        'internal',
        `The file, read back by ${reader}, differs from the studio by ${difference.maxDifference} in ${difference.output}; it was deleted.`,
        'This is a defect of the studio. Please report it.',
      )
    }
    return { reader, ...difference }
  } finally {
    await engine.dispose()
  }
}
