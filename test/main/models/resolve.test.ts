import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { StudioError } from '#contract/api/errors.ts'
import type { CheckpointCard } from '#contract/domain/checkpoint.ts'
import type { ImportedModel } from '#contract/domain/imported-model.ts'
import { ModelResolver } from '#main/models/resolve.ts'
import { temporaryFolder } from '../support.ts'

const card = (step: number) =>
  ({
    runId: 'p.distill',
    step,
    files: [{ name: 'model.safetensors', sizeBytes: 1, sha256: `hash of step ${step}` }],
  }) as CheckpointCard
const cards = [card(20), card(10)]
const imported = {
  name: 'mae-base',
  files: [{ name: 'model.safetensors', sizeBytes: 1, sha256: 'hash of mae-base' }],
} as ImportedModel

const notFound = (what: string) => new StudioError('not-found', `There is no ${what}.`, '')

const resolverIn = (folder: string) =>
  new ModelResolver({
    importedModel: (name) => {
      if (name !== imported.name) throw notFound(name)
      return { card: imported, folder: join(folder, 'imports', name) }
    },
    runFolder: (id) => {
      if (id !== 'p.distill' && id !== 'p.empty') throw notFound(id)
      return join(folder, 'runs', id)
    },
    checkpoint: (runId, step) =>
      cards.find((found) => found.runId === runId && (step === undefined || found.step === step)),
  })

const codeOf = (act: () => unknown): string | undefined => {
  try {
    act()
    return undefined
  } catch (cause) {
    return cause instanceof StudioError ? cause.code : String(cause)
  }
}

describe('a model reference', () => {
  const resolver = resolverIn('/workspace')

  test.each([
    ['p.distill', 'p.distill@20', '/workspace/runs/p.distill/checkpoints/step-00000020'],
    ['p.distill@10', 'p.distill@10', '/workspace/runs/p.distill/checkpoints/step-00000010'],
    ['mae-base', 'mae-base', '/workspace/imports/mae-base'],
  ])('%s is found as %s', (ref, id, folder) => {
    expect(resolver.find(ref)).toMatchObject({ id, folder })
    expect(resolver.weightsHash(ref)).toMatch(/^hash of/)
  })

  test.each(['p.distill@11', 'p.empty', 'p.other', 'p.other@1', 'mae'])('%s is not found', (ref) => {
    expect(codeOf(() => resolver.find(ref))).toBe('not-found')
    expect(resolver.weightsHash(ref)).toBeUndefined()
  })

  test('of a run names the records of its newest checkpoint; other references name their own', () => {
    expect(resolver.recordId('p.distill')).toBe('p.distill@20')
    expect(resolver.recordId('p.distill@11')).toBe('p.distill@11')
    expect(resolver.recordId('mae')).toBe('mae')
  })

  test('is refused if the weights are missing', () => {
    const folder = temporaryFolder()
    const checkpoint = join(folder, 'runs/p.distill/checkpoints/step-00000020')
    expect(codeOf(() => resolverIn(folder).findWithWeights('p.distill'))).toBe('checkpoint-invalid')
    mkdirSync(checkpoint, { recursive: true })
    writeFileSync(join(checkpoint, 'model.safetensors'), '')
    expect(resolverIn(folder).findWithWeights('p.distill').folder).toBe(checkpoint)
  })
})
