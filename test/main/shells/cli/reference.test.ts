import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ReferenceResult } from '#contract/domain/reference.ts'
import { referenceText } from '#main/shells/cli/reference.ts'
import { command, folderForFile } from './command-line.ts'

const root = folderForFile()
const cases = resolve('test/fixtures/reference')

/** A folder of one small case whose configuration asks for `model`. */
function caseOf(name: string, model?: string): string {
  const folder = join(root, name)
  cpSync(join(cases, 'huggingface-first-token'), join(folder, 'deep', 'classifier'), { recursive: true })
  if (model === undefined) return folder
  const path = join(folder, 'deep', 'classifier', 'config.json')
  writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, 'utf8')) as object), model_type: model }))
  return folder
}

describe('reference', () => {
  test.concurrent('compares each case on the engine asked for and ends with 0', async ({ expect }) => {
    const { code, stdout } = await command('reference', caseOf('good'), '--engine', 'wasm', '--json')
    const document = JSON.parse(stdout) as { passed: boolean; results: ReferenceResult[] }
    expect(code).toBe(0)
    expect(document.passed).toBe(true)
    expect(document.results).toMatchObject([
      {
        name: 'deep/classifier',
        engine: 'wasm',
        passed: true,
        compared: 1,
        problem: null,
        worst: [{ measure: 'outputs', tensor: 'logits', tolerance: 1e-5, passed: true }],
      },
    ])
    expect(document.results[0]!.worst[0]!.error).toBeLessThan(1e-5)
  })

  test.concurrent('takes every engine that is present when none is named', async ({ expect }) => {
    const { code, stdout } = await command('reference', caseOf('every'), '--json')
    expect(code).toBe(0)
    const engines = (JSON.parse(stdout) as { results: ReferenceResult[] }).results.map(({ engine }) => engine)
    expect(engines).toEqual(expect.arrayContaining(['wasm', 'cpu']))
    expect(new Set(engines).size).toBe(engines.length)
  })

  test.concurrent('ends with 1 and a sentence when a case fails, and still prints the document', async ({ expect }) => {
    const { code, stdout, stderr } = await command(
      'reference',
      caseOf('bad', 'timesformer'),
      '--engine',
      'wasm',
      '--json',
    )
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      passed: false,
      results: [{ name: 'deep/classifier', passed: false, worst: [], problem: expect.stringContaining('timesformer') }],
    })
    expect(JSON.parse(stderr)).toMatchInlineSnapshot(`
      {
        "error": {
          "code": "reference-differs",
          "hint": "Each result names the tensor that differs most, or why it could not be compared.",
          "message": "1 of 1 comparisons failed: deep/classifier on wasm.",
        },
      }
    `)
  })

  test.concurrent('is refused if there is no case', async ({ expect }) => {
    mkdirSync(join(root, 'empty'))
    const { code, stdout, stderr } = await command('reference', join(root, 'empty'))
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr.replaceAll(root, '<root>')).toMatchInlineSnapshot(`
      "There is no reference case under <root>/empty.
      Name a folder that holds case.json files, Hugging Face models with expected.safetensors, *.pth with *.expected.safetensors, or schedules.json.
      "
    `)
  })

  test.concurrent('is refused on an engine that does not exist', async ({ expect }) => {
    const { code, stderr } = await command('reference', root, '--engine', 'abacus')
    expect(code).toBe(1)
    expect(stderr).toMatch(/^Option '--engine <name>' argument 'abacus' is invalid\. Allowed choices are /)
  })
})

test('the table has a row for each measure, then why cases could not be compared', () => {
  const worst = [
    { measure: 'outputs', tensor: 'logits', error: 3.94e-7, tolerance: 1e-5, passed: true },
    { measure: 'updates', tensor: 'head.weight', error: null, tolerance: 1e-2, passed: false },
  ] as const
  const results: ReferenceResult[] = [
    { name: 'classifier', engine: 'cpu', passed: false, worst: [...worst], compared: 94, problem: null, durationMs: 5 },
    {
      name: 'files/a.pth',
      engine: null,
      passed: true,
      worst: [{ measure: 'tensors', tensor: 'norm.bias', error: 0, tolerance: 0, passed: true }],
      compared: 9,
      problem: null,
      durationMs: 5,
    },
    {
      name: 'odd',
      engine: 'cpu',
      passed: false,
      worst: [],
      compared: 0,
      problem: 'case.json names no model. Correct the case, or record it again.',
      durationMs: 5,
    },
  ]
  expect(referenceText(results)).toMatchInlineSnapshot(`
    "┌─────────────┬────────┬──────────┬─────────────┬───────────┬─────────────┬────────┐
    │ Case        │ Engine │ Compared │ Worst error │ Tolerance │ Tensor      │ Result │
    │ classifier  │ cpu    │ outputs  │      3.9e-7 │      1e-5 │ logits      │ passed │
    │ classifier  │ cpu    │ updates  │   no number │      1e-2 │ head.weight │ failed │
    │ files/a.pth │ –      │ tensors  │           0 │         0 │ norm.bias   │ passed │
    │ odd         │ cpu    │          │             │           │             │ failed │
    └─────────────┴────────┴──────────┴─────────────┴───────────┴─────────────┴────────┘
    odd on cpu: case.json names no model. Correct the case, or record it again.
    1 of 3 passed."
  `)
})
