// @vitest-environment happy-dom
import { mount, shallowMount } from '@vue/test-utils'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { defineComponent, h } from 'vue'
import ErrorCard from '#renderer/ui/ErrorCard.vue'
import { formatAgo, formatDate, formatDuration, formatList, formatMetric } from '#renderer/ui/format.ts'
import { contractText, language, languageOf, startLanguage, t, useLanguage } from '#renderer/ui/language.ts'

const { choice, choose } = useLanguage()
beforeEach(() => localStorage.clear())
afterEach(() => choose('en'))

test.each([
  ['en-GB', 'en'],
  ['ja-JP', 'ja'],
  ['zh-CN', 'zh'],
  ['zh', 'zh'],
  ['zh-SG', 'zh'],
  ['zh-TW', undefined],
  ['zh-Hant', undefined],
  ['de', undefined],
  ['en-US@posix', undefined],
])('%s is shown in %s', (tag, expected) => expect(languageOf(tag)).toBe(expected))

test('a chosen language shows at once in what is already on the page, and is kept', async () => {
  const shown = mount(
    defineComponent(() => () => h('p', [t('ui.undo'), ' ', contractText('Distillation'), ' ', formatDuration(83_000)])),
  )
  expect(shown.text()).toBe('Undo Distillation 1 min 23 s')
  await choose('ja')
  expect(shown.text()).toBe('元に戻す 蒸留 1 分 23 秒')
  expect(document.documentElement.lang).toBe('ja')
  expect(localStorage.getItem('mvd-studio:language')).toBe('ja')
  await choose('zh')
  expect(shown.text()).toBe('撤销 蒸馏 1 分 23 秒')
  expect(document.documentElement.lang).toBe('zh-Hans')
})

test('the stored language is shown on start; an unknown one is the system’s', async () => {
  localStorage.setItem('mvd-studio:language', 'zh')
  await startLanguage()
  expect([choice.value, language.value]).toEqual(['zh', 'zh'])
  localStorage.setItem('mvd-studio:language', 'tlh')
  await startLanguage()
  expect([choice.value, language.value]).toEqual(['system', 'en'])
})

test('of two choices the last one counts, whichever catalogue is loaded first', async () => {
  await Promise.all([choose('ja'), choose('en')])
  expect(language.value).toBe('en')
})

test('dates, ages and lists follow the language', async () => {
  const iso = '2026-11-23T10:00:00Z'
  const now = Date.parse(iso) + 3 * 3_600_000
  expect([formatAgo(iso, now), formatList(['a', 'b', 'c'])]).toEqual(['3 h ago', 'a, b, and c'])
  await choose('ja')
  expect([formatAgo(iso, now), formatList(['a', 'b', 'c'])]).toEqual(['3 時間前', 'a、b、c'])
  expect(formatDate(iso)).toContain('2026/11/23')
  expect(formatMetric('speed/clips-per-second', 134.9)).toBe('134.9 クリップ/秒')
  expect(formatMetric('test/top1', 34.3)).toBe('34.3 %')
})

test('an error has a heading and advice in the language; the studio’s sentences are marked as English', async () => {
  const error = {
    code: 'disk-full',
    message: 'The disk is full.',
    hint: 'Free some space, then resume the run.',
  } as const
  const card = shallowMount(ErrorCard, { props: { error } })
  expect(card.text()).toBe('The disk is full.Free some space, then resume the run.')
  await choose('ja')
  expect(card.findAll('p').map((line) => [line.attributes('lang'), line.text()])).toEqual([
    [undefined, 'ディスクの空きがありません'],
    [undefined, '空き容量を増やして、もう一度実行してください。'],
    ['en', error.message],
    ['en', error.hint],
  ])
})

test('sentences of the contract are translated with the values in them', async () => {
  const model = 'Fine-tuned classifier of 4 classes, width 768, depth 12, patch 16'
  expect(contractText(model)).toBe(model)
  await choose('ja')
  expect(contractText(model)).toBe('ファインチューニング済み分類器（4 クラス）、幅 768、深さ 12、パッチ 16')
  expect([contractText('validation/my-metric'), contractText('')]).toEqual(['validation/my-metric', ''])
})
