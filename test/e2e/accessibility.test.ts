import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openFakeWindow, type FakeWindow } from './support/fake-window.ts'
import { views } from './support/views.ts'

const rules = readFileSync(join(import.meta.dirname, 'support/accessibility-rules.js'), 'utf8')

let fake: FakeWindow
beforeAll(async () => void (fake = await openFakeWindow()))
afterAll(() => fake?.close())

const checked = views.filter(({ name }) =>
  [
    'datasets',
    'import',
    'dataset',
    'pipeline',
    'runs',
    'run-distill-curves',
    'run-distill-pictures',
    'run-distill-log',
    'run-distill-configuration',
    'run-distill-checkpoints',
    'run-evaluate-result',
    'run-failed',
    'compare-choose',
    'compare-export',
    'compare-mixed-curves',
    'compare-mixed-metrics',
    'compare-mixed-configuration',
    'compare-mixed-pictures',
    'checkpoints',
    'checkpoint',
    'imported-report',
    'settings',
    'search',
    'shortcuts',
  ].includes(name),
)

test.each(checked)('$name: names, sizes, landmarks and headings follow the rules', async ({ path, act }) => {
  await fake.show(path)
  await act?.(fake.page)
  expect(await fake.page.evaluate<object>(rules)).toEqual({
    labelContentName: [],
    targetSize: [],
    inputFieldName: [],
    landmarkUnique: [],
    headingOrder: [],
  })
})
