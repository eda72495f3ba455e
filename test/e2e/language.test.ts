import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import axe from 'axe-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openFakeWindow, type FakeWindow } from './support/fake-window.ts'
import { screenshot } from './support/page.ts'

const inspect = readFileSync(join(import.meta.dirname, 'support/inspect-page.js'), 'utf8')

let fake: FakeWindow
const problems: string[] = []
beforeAll(async () => {
  fake = await openFakeWindow()
  fake.page.on('console', (message) => {
    // The content security policy and missing catalogues are reported here.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      problems.push(message.text())
  })
  fake.page.on('pageerror', (error) => problems.push(error.message))
})
afterAll(() => fake?.close())

const languageOf = () => fake.page.evaluate<string>('document.documentElement.lang')
const heading = (name: string) => fake.page.getByRole('heading', { level: 1, name }).waitFor()

test('a language chosen in Settings shows at once, and on every page after a reload', async () => {
  const { page, show } = fake
  await show('/settings')
  await heading('Settings')
  expect(await languageOf()).toBe('en')
  await page.getByRole('radio', { name: '日本語' }).click()
  await heading('設定')
  expect([await languageOf(), await page.title()]).toEqual(['ja', '設定 · MVD Studio'])
  await page.getByRole('navigation', { name: 'ページ' }).getByRole('link', { name: 'データセット' }).click()
  await heading('データセット')
  await page.reload()
  await heading('データセット')
  expect(await languageOf()).toBe('ja')

  await show('/datasets/nothere')
  const alert = page.getByRole('alert')
  await alert.getByText('見つかりません').waitFor()
  await alert.locator('[lang=en]').first().waitFor()

  await show('/settings')
  await page.getByRole('radio', { name: '简体中文' }).click()
  await heading('设置')
  expect(await languageOf()).toBe('zh-Hans')
  await page.getByRole('radio', { name: 'English' }).click()
  await heading('Settings')
  expect(problems).toEqual([])
})

const pages = {
  datasets: '/datasets',
  dataset: '/datasets/bed-falls',
  pipeline: '/pipelines/new?dataset=bed-falls',
  runs: '/runs',
  run: '/runs/shapes-demo-distill',
  charts: '/charts',
  compare: '/compare?ids=shapes-demo-finetune,shapes-scratch-finetune',
  checkpoints: '/checkpoints',
  trash: '/trash',
  settings: '/settings',
}

/** Every page in Japanese, whose words are the longest; in Chinese those with most text. */
const shown = [
  ...Object.keys(pages).map((page) => ['ja', page] as const),
  ...(['runs', 'compare', 'settings'] as const).map((page) => ['zh', page] as const),
]

test.each(shown)('in %s, the page %s breaks no rule of axe-core, and nothing is cut off', async (language, name) => {
  const { page, show } = fake
  await page.setViewportSize({ width: 1280, height: 800 })
  if (!page.url().startsWith('http')) await show('/settings')
  await page.evaluate(`localStorage.setItem('mvd-studio:language', '${language}')`)
  await show(pages[name as keyof typeof pages])
  await page.locator(`html:lang(${language})`).waitFor()
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.evaluate(axe.source)
  const violations = await page.evaluate<string[]>(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes[0].html))`,
  )
  await screenshot(page, `${language}-${name}`)
  await page.setViewportSize({ width: 1024, height: 700 })
  // Charts follow the size of the window in the next frame.
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
  const { cut, overflow } = await page.evaluate<{ cut: string[]; overflow: number }>(inspect)
  expect({ violations, cut, overflow }).toEqual({ violations: [], cut: [], overflow: 0 })
})
