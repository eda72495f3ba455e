import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ImportedModel } from '#contract/domain/imported-model.ts'
import { hashFile } from '#node/hash.ts'
import { readSafetensors } from '#training/checkpoint/formats/safetensors/reader.ts'
import { expectedOf } from '#training/reference/find.ts'
import { recorded } from '../../../training/reference/recorded.ts'
import { command, folderForFile } from './command-line.ts'

const root = folderForFile()
const workspace = join(root, 'workspace')
const model = (...words: string[]) => command('model', ...words, '--workspace', workspace)
const checkpoint = (...words: string[]) => command('checkpoint', ...words, '--workspace', workspace)
const importedTensors = (name: string) => readSafetensors(join(workspace, 'imports', name, 'model.safetensors'))

async function asJson<T>(verb: typeof model, ...words: string[]): Promise<T> {
  const { code, stdout, stderr } = await verb(...words, '--json')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

/** The message of a refused import. */
async function refusal(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await model(...words)
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  return stderr.replaceAll(recorded(), '<recorded>').replaceAll(root, '<root>').trim()
}

const files = ['classifier-deepspeed-half', 'mae', 'mvd-student', 'mvd-student-legacy', 'videomae'].map(
  (name) => `${name}.pth`,
)
const beside: Record<string, string[]> = {
  'mvd-student': ['optimizer', 'epoch', 'scaler', 'args'],
  'mvd-student-legacy': ['optimizer', 'epoch', 'scaler', 'args'],
  videomae: ['epoch'],
}
test.each(files)('%s gives the recorded tensors exactly, and stays as it is', async (file) => {
  const path = recorded(join('checkpoints', file))
  const before = await hashFile(path)
  const name = file.replace('.pth', '')
  const card = await asJson<ImportedModel & { questions: unknown[] }>(model, 'import', path, '--name', name)
  const expected = await readSafetensors(expectedOf(path, [`${name.replace('-legacy', '')}.expected.safetensors`])!)
  expect(await importedTensors(name)).toEqual(expected)
  expect(card.report).toMatchObject({ missing: [], reshaped: [], ignored: [] })
  expect(card.report.matched.map(({ published }) => published).toSorted()).toEqual(Object.keys(expected).toSorted())
  expect(card.report.beside.map((fact) => fact.name)).toEqual(beside[name] ?? [])
  expect(card.licenceNotes.join()).toContain('CC BY-NC 4.0')
  expect(await hashFile(path)).toBe(before)
})

test.each([
  ['vit-mae', { layout: 'mae', family: 'mae', sizes: { heads: 3, epsilon: 1e-12, qkvBias: 'joint' } }],
  [
    'videomae-pretraining',
    {
      layout: 'videomae',
      family: 'videomae',
      sizes: { heads: 3, epsilon: 1e-12, frames: 4, imageSize: 16, decoder: { heads: 2 } },
    },
  ],
  ['videomae-classification', { layout: 'classifier', family: 'videomae', sizes: { heads: 3, classes: 5 } }],
])('the Hugging Face folder %s is recognised, with everything that its config.json states', async (name, expected) => {
  const card = await asJson<ImportedModel & { questions: unknown[] }>(
    model,
    'import',
    recorded(join('huggingface', name)),
    '--name',
    name,
  )
  expect(card).toMatchObject({
    model: expected,
    isHuggingFace: true,
    questions: [],
    report: { missing: [], reshaped: [], ignored: [] },
  })
  expect(card.source.files.map((file) => basename(file.name))).toEqual(['model.safetensors', 'config.json'])
  const qkv = card.report.matched.find(({ published }) => published.endsWith('blocks.0.attn.qkv.weight'))!
  expect(qkv.parts.map((part) => part.split('.').at(-2))).toEqual(['query', 'key', 'value'])
})

describe('on the command line', () => {
  test('a report says what happened to each tensor, and what is still unknown', async () => {
    const { code, stdout } = await model('import', recorded('checkpoints/mvd-student.pth'), '--name', 'student')
    expect(code).toBe(0)
    expect(stdout.replaceAll(recorded(), '<recorded>').trim()).toMatchInlineSnapshot(`
      "student: MVD student, width 16, depth 1, patch 4
      from <recorded>/checkpoints/mvd-student.pth
        matched     60  60 stored as F32
        missing      0
        reshaped     0
        ignored      0
        other        4  optimizer (18 tensors, 3.5 KiB), epoch, scaler, args
      Not known: The number of attention heads cannot be inferred: no published encoder has a width of 16. How many are there?
        model describe student --heads NUMBER
      Not known: The number of attention heads of the decoder cannot be inferred: no published decoder has a width of 16. How many are there? A teacher does not need them.
        model describe student --decoder-heads NUMBER
      Made with student (imported from mvd-student.pth), in the layout of VideoMAE and MVD, whose published weights are under CC BY-NC 4.0: attribution, no commercial use. Weights that you trained yourself are your own."
    `)
    const described = await model('describe', 'student', '--heads', '4', '--decoder-heads', '4')
    expect(described.stdout.trim()).toBe('student: MVD student, width 16, depth 1, patch 4.')
  })

  test('imported models are listed, shown, exported and removed like checkpoints', async () => {
    const list = await asJson<{ id: string; origin: string }[]>(checkpoint, 'list')
    expect(list.filter(({ origin }) => origin === 'import').map(({ id }) => id)).toContain('student')
    expect((await checkpoint('list')).stdout).toMatch(/student .*imported: MVD student, width 16, depth 1, patch 4/)
    expect((await checkpoint('show', 'student')).stdout).toMatch(/matched +60 .*blocks\.0\.attn\.q_bias/s)

    const to = join(root, 'student.safetensors')
    await asJson(checkpoint, 'export', 'student', '--format', 'safetensors', '--to', to)
    expect(await readSafetensors(to)).toEqual(await importedTensors('student'))
    expect(readFileSync(to).toString('latin1')).toContain('CC BY-NC 4.0')
    const again = await asJson<ImportedModel & { questions: unknown[] }>(model, 'import', to, '--name', 'student-again')
    expect(again).toMatchObject({ model: { sizes: { heads: 4, decoder: { heads: 4 } } }, questions: [] })
    expect(again.licenceNotes[0]).toMatch(/^Made with student /)

    expect((await asJson<{ id: string }[]>(model, 'list')).map(({ id }) => id)).toContain('student')
    expect((await model('list')).stdout).toMatch(/student-again .*MVD student, width 16/)
    expect(await asJson(model, 'remove', 'student')).toEqual({ removed: 'student' })
    expect((await asJson<{ id: string }[]>(checkpoint, 'list')).map(({ id }) => id)).not.toContain('student')
  })

  test('a file that cannot be imported is refused with a reason', async () => {
    writeFileSync(join(root, 'page.pth'), '<!DOCTYPE html><title>Quota exceeded</title>')
    expect([
      await refusal('import', join(root, 'page.pth'), '--name', 'x'),
      await refusal('import', recorded('mae-normalized/inputs.safetensors'), '--name', 'x'),
      await refusal('import', recorded('checkpoints/mae.pth'), '--name', 'mae'),
      await refusal('import', recorded('checkpoints/mae.pth'), '--name', 'x', '--heads', '0'),
    ]).toMatchInlineSnapshot(`
      [
        "The file <root>/page.pth is a web page, not a checkpoint.
      The server sent a page instead of the file, as Google Drive does for large files. Download it in a browser.",
        "<recorded>/mae-normalized/inputs.safetensors is not a model of a known layout: it has 2 tensors (image, noise).
      Expected blocks.0.attn.qkv.weight and patch_embed.proj.weight (MAE, MVD, fine-tuned models), the same names under encoder. (VideoMAE), or embeddings.patch_embeddings.projection.weight (VideoMAE and ViTMAE of the transformers library).",
        "There is already an imported model called mae.
      Choose another name, or remove that model first.",
        "Option '--heads <number>' argument '0' is invalid. It is a whole number from 1 to 256.
      Add --help to see what the verb takes.",
      ]
    `)
  })
})
