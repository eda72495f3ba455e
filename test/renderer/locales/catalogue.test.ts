import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createI18n } from 'vue-i18n'
import { fieldsOf } from '#contract/configuration/form.ts'
import { configurationSections, sectionTitles } from '#contract/configuration/pipeline.ts'
import { knownMetrics, describeMetric } from '#contract/domain/metric.ts'
import { phaseTitles } from '#contract/experiment/request.ts'
import { checkpointFields } from '#contract/query/checkpoint-search.ts'
import { clipKeys } from '#contract/query/clip-search.ts'
import { coreRunKeys } from '#contract/query/core-run-keys.ts'
import { stageNames, stages, stageTitles } from '#contract/stages/index.ts'
import { startTitles } from '#contract/stages/starts.ts'
import { readPresets } from '#main/pipelines/presets.ts'
import { english } from '#renderer/locales/en/index.ts'
import * as japanese from '#renderer/locales/ja/index.ts'
import * as chinese from '#renderer/locales/zh/index.ts'
import { placeholdersOf, sentencesOf } from './catalogue.ts'
import { windowSources } from './literals.ts'

const presets = readPresets('resources/presets')
const sentences = sentencesOf(english)
const translations = [
  ['ja', japanese],
  ['zh', chinese],
] as const

/** Keys of sentences that are the same in every language: names, units, paths. One a line. */
const same = new Set(readFileSync(join(import.meta.dirname, 'same.txt'), 'utf8').split('\n'))

describe.each(translations)('%s', (_, { messages, texts }) => {
  const translated = sentencesOf(messages)

  test('has the sentences of the English catalogue', () => {
    expect([...translated.keys()].filter((key) => !sentences.has(key))).toEqual([])
    expect([...sentences.keys()].filter((key) => !translated.has(key))).toEqual([])
  })

  test('has the placeholders of the English sentences', () => {
    const differing = [...translated].filter(
      ([key, text]) => placeholdersOf(text).join() !== placeholdersOf(sentences.get(key) ?? '').join(),
    )
    expect(differing).toEqual([])
  })

  test('translates every sentence', () => {
    const equal = [...translated].filter(
      ([key, text]) => /\p{L}{2,}/u.test(text.replaceAll(/\{\w+\}/g, '')) && text === sentences.get(key),
    )
    expect(equal.map(([key]) => key).filter((key) => !same.has(key))).toEqual([])
  })

  test('translates labels, headings, units and help of every hyperparameter, and what stages do', () => {
    const needed = [
      ...Object.values(sectionTitles),
      ...Object.values(stages).map(({ summary }) => summary),
      ...Object.values(configurationSections)
        .flatMap((schema) => fieldsOf(schema))
        .flatMap(({ label, group, unit, help }) => [label, group, unit, help]),
    ]
    expect([...new Set(needed)].filter((text) => /\p{L}{3,}/u.test(text) && texts[text] === undefined)).toEqual([])
  })

  test('translates labels and help of the keys of filters', () => {
    const keys = [
      ...Object.values<{ label: string; help: string }>(coreRunKeys),
      ...checkpointFields([], [], []).checkpoints.keys,
      ...clipKeys({ codecs: [], labelSets: [], shown: undefined, boxClasses: [] }).keys,
    ]
    expect(keys.flatMap(({ label, help }) => [label, help]).filter((text) => text !== '' && !(text in texts))).toEqual(
      [],
    )
  })

  test('translates the descriptions of presets', () => {
    expect(presets.map(({ description }) => description).filter((text) => !(text in texts))).toEqual([])
  })

  test('translates the starts and the phases of experiments', () => {
    const needed = [...Object.values(startTitles), ...Object.values(phaseTitles)]
    expect(needed.filter((text) => texts[text] === undefined)).toEqual([])
  })

  test('translates the titles of stages and the labels and units of metrics', () => {
    const needed = [
      ...stageNames.map((stage) => stageTitles[stage]),
      ...knownMetrics().map((name) => describeMetric(name).label),
    ]
    expect(needed.filter((text) => texts[text] === undefined)).toEqual([])
  })
})

test.each([['en', english], ...translations.map(([language, { messages }]) => [language, messages] as const)] as const)(
  'every sentence of %s can be read by vue-i18n',
  (language, messages) => {
    const { global } = createI18n({ legacy: false, locale: language, missingWarn: false })
    global.setLocaleMessage(language, messages)
    for (const [key, text] of sentencesOf(messages)) {
      const names = placeholdersOf(text)
      const shown = global.t(key, Object.fromEntries(names.map((name) => [name, `<${name}>`])))
      const first = text.split(' | ')[0] ?? ''
      const expected = first.replaceAll(/\{'(.+?)'\}/g, '$1').replaceAll(/\{(\w+)\}/g, '<$1>')
      expect([key, shown]).toEqual([key, expected])
    }
  },
)

test('every sentence of the catalogue is used', () => {
  const sources = windowSources().map((file) => readFileSync(file, 'utf8'))
  const quoted = new Set(
    sources.flatMap((source) => [...source.matchAll(/['"`]([a-z]\w*(?:\.[\w-]+)+)['"`]/gi)].map(([, key]) => key)),
  )
  const patterns = new Set(
    sources.flatMap((source) =>
      [...source.matchAll(/`([a-z]+\.[\w.-]*\$\{[^`]+)`/g)].map(([, pattern = '']) =>
        pattern.replaceAll(/\$\{[^}]*\}/g, '…'),
      ),
    ),
  )
  const inPattern = [...patterns].map(
    (pattern) =>
      new RegExp(
        `^${pattern
          .split('…')
          .map((piece) => piece.replaceAll('.', String.raw`\.`))
          .join('.+')}$`,
      ),
  )
  const unused = [...sentences.keys()].filter(
    (key) => !quoted.has(key) && !inPattern.some((pattern) => pattern.test(key)),
  )
  expect(unused).toEqual([])
})
