import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tasks } from '#contract/api/tasks.ts'
import { exportFormatFacts, exportFormats, type ExportFormat } from '#contract/domain/checkpoint.ts'
import { hashFile } from '#node/hash.ts'
import { checkpointOf, exportTo, type Sample, temporaryFolder } from './support.ts'

/** Graph formats compute with other operators; the transformers library gives the norm before a head the epsilon 1e-5, where the published code has 1e-6. */
const within: Record<ExportFormat, number> = { safetensors: 0, pytorch: 0, huggingface: 1e-4, onnx: 1e-5, tfjs: 1e-5 }

const exports = (['image-teacher', 'video-teacher', 'student', 'flat', 'space-time'] as const).flatMap((sample) =>
  exportFormats
    .filter((format) => format !== 'huggingface' || (sample !== 'student' && sample !== 'space-time'))
    .map((format): [Sample, ExportFormat] => [sample, format]),
)

describe('export', () => {
  it.each(exports)('writes a %s as %s, reads it back and gets the same for one clip', async (sample, format) => {
    const checkpoint = await checkpointOf(sample)
    const { extension } = exportFormatFacts[format]
    const path = join(temporaryFolder(), extension === null ? 'model' : `model.${extension}`)
    const result = await exportTo(checkpoint, format, path)
    expect(tasks['export-model'].result.parse(result)).toEqual(result)
    expect(result).toMatchObject({
      path,
      format,
      output: expect.stringMatching(/^(logits|last_block|features|prediction|image_prediction|video_prediction)$/),
    })
    expect(result.maxDifference).toBeLessThanOrEqual(within[format])
    expect(result.largestOutput).toBeGreaterThan(0.01)

    const names = await readdir(dirname(path))
    expect(names).toEqual(extension === null ? ['model'] : [`model.${extension}`])
    const folder = extension === null ? path : dirname(path)
    expect(result.files.map(({ name }) => name)).toEqual((await readdir(folder)).toSorted())
    for (const { name, sizeBytes, sha256 } of result.files) {
      expect((await readFile(join(folder, name))).byteLength).toBe(sizeBytes)
      expect(await hashFile(join(folder, name))).toBe(sha256)
    }
    expect(result.sizeBytes).toBe(result.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0))
    expect(result.sha256).toBe(extension === null ? null : result.files[0]!.sha256)
  })
})
