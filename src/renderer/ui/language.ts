import type { ja } from '@nuxt/ui/locale'
import { computed, readonly, ref, shallowRef, type Ref } from 'vue'
import { createI18n, type Composer } from 'vue-i18n'
import { english } from '../locales/en/index.ts'
import type { ContractTexts } from '../locales/shape.ts'

type ComponentLocale = typeof ja

/** Languages of the window, each with its own name for itself. */
export const languageNames = { en: 'English', ja: '日本語', zh: '简体中文' } as const
export type Language = keyof typeof languageNames
export const languages = Object.keys(languageNames) as Language[]
export const languageChoices = ['system', ...languages] as const
export type LanguageChoice = (typeof languageChoices)[number]

type Keys<T> = { [K in keyof T & string]: T[K] extends string ? K : `${K}.${Keys<T[K]>}` }[keyof T & string]
type At<T, K> = K extends `${infer Head}.${infer Rest}`
  ? Head extends keyof T
    ? At<T[Head], Rest>
    : never
  : K extends keyof T
    ? T[K]
    : never
/** Names in braces of a message; `{'@'}` is a literal. */
type Placeholders<Text> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? (Name extends `'${string}` ? never : Name) | Placeholders<Rest>
  : never

/** A sentence of the catalogue: `settings.theme.label`. */
export type MessageKey = Keys<typeof english>
type Sentences = { [K in MessageKey]: At<typeof english, K> }
/** A sentence without placeholders; tables of labels store these. */
export type PlainKey = {
  [K in MessageKey]: [Placeholders<Sentences[K]>] extends [never] ? K : never
}[MessageKey]
type Values<K extends MessageKey> = Readonly<Record<Placeholders<Sentences[K]>, string | number>>

const { global } = createI18n({
  legacy: false,
  locale: 'en',
  fallbackLocale: 'en',
  missingWarn: false,
  fallbackWarn: false,
  warnHtmlMessage: false,
  pluralRules: { en: (count, forms) => (forms > 1 && count !== 1 ? 1 : 0) },
})
// Without the type of its options, which would allow no language that is loaded later.
const composer = global as Composer
composer.setLocaleMessage('en', english)
const texts = shallowRef<ContractTexts>({})
const components = shallowRef<ComponentLocale>()

/**
 * A sentence in the language of the window, with values in its placeholders. A number named `count` also chooses between the singular
 * and the plural, which a message separates by `|`. In a template or a computed value it follows a change of the language.
 */
export function t(key: PlainKey): string
export function t<K extends MessageKey>(key: K, values: Values<K> & { readonly count?: number }): string
export function t(key: MessageKey, values: Readonly<Record<string, string | number>> = {}): string {
  const simple = simpleMessages.value(key)
  if (simple !== undefined) return simple.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''))
  const { count } = values
  return typeof count === 'number' ? composer.t(key, values, { plural: count }) : composer.t(key, values)
}

/**
 * Messages with nothing but text and names in braces. A page shows hundreds of them; vue-i18n, which plurals, links and literals need,
 * resolves and compiles each.
 */
const simpleMessages = computed(() => {
  const known = new Map<MessageKey, string | undefined>()
  // A catalogue is set before its language is shown.
  void composer.locale.value
  return (key: MessageKey): string | undefined => {
    if (!known.has(key)) {
      const message: unknown = composer.tm(key)
      const isSimple = typeof message === 'string' && !/[@{|}]/.test(message.replaceAll(/\{\w+\}/g, ''))
      known.set(key, isSimple ? message : undefined)
    }
    return known.get(key)
  }
})

/**
 * A sentence of the contract, such as the title of a stage or the label of a metric, in the language of the window.
 * The command line shows it in English, so its English text is its key; `{name}` in a key stands for a value, which is translated
 * in its turn. Unknown text is returned as it is.
 */
export function contractText(text: string): string {
  const { exact, patterns } = contract.value
  const known = exact.get(text)
  if (known !== undefined || patterns.length === 0) return known ?? text
  let shown = text
  for (const { matching, translation } of patterns) {
    const values = matching.exec(text)?.groups
    if (values === undefined) continue
    shown = translation.replaceAll(/\{(\w+)\}/g, (_, name: string) => contractText(values[name] ?? ''))
    break
  }
  exact.set(text, shown)
  return shown
}

/** Texts without and with values. Answers are added to the texts without values, at most as many as the window has shown. */
const contract = computed(() => {
  const entries = Object.entries(texts.value)
  return {
    exact: new Map(entries.filter(([text]) => !text.includes('{'))),
    patterns: entries
      .filter(([text]) => text.includes('{'))
      .map(([text, translation]) => ({ matching: matchingOf(text), translation })),
  }
})

const matchingOf = (text: string): RegExp => {
  const pieces = text
    .split(/\{(\w+)\}/)
    .map((piece, index) =>
      index % 2 === 1 ? `(?<${piece}>.+?)` : piece.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`),
    )
  return new RegExp(`^${pieces.join('')}$`, 's')
}

/** Loaders of the languages that are not in the window's first script. */
const loaders = {
  ja: () => import('../locales/ja/index.ts'),
  zh: () => import('../locales/zh/index.ts'),
}

const storageKey = 'mvd-studio:language'
const choice = ref<LanguageChoice>('system')
/** The language that the window shows. */
export const language = computed(() => composer.locale.value as Language)
let latest = 0

/** Shows the window in a language once its catalogue is loaded; of several calls the last one counts. */
async function show(next: Language): Promise<void> {
  const call = ++latest
  const loaded = next === 'en' ? undefined : await loaders[next]()
  if (call !== latest) return
  if (loaded !== undefined) composer.setLocaleMessage(next, loaded.messages)
  texts.value = loaded?.texts ?? {}
  components.value = loaded?.components
  composer.locale.value = next
  document.documentElement.lang = languageTags[next]
}

/** Values of `lang`. Han characters have other shapes in Japanese than in Chinese, so the script is named. */
const languageTags = { en: 'en', ja: 'ja', zh: 'zh-Hans' } as const

/** Whether a tag such as `zh-CN` or `en-US@posix` names a language of the window. Traditional Chinese is not among them. */
export function languageOf(tag: string): Language | undefined {
  const locale = localeOf(tag)
  return languages.find((name) => name === locale?.language && (name !== 'zh' || locale.maximize().script === 'Hans'))
}

function localeOf(tag: string): Intl.Locale | undefined {
  try {
    return new Intl.Locale(tag)
  } catch (cause) {
    // Chromium reports `en-US@posix` under a POSIX locale.
    if (cause instanceof RangeError) return undefined
    throw cause
  }
}

/** Languages that the user prefers, best first. */
const preferred = (): readonly string[] => globalThis.navigator?.languages ?? []
const systemLanguage = (): Language => preferred().flatMap((tag) => languageOf(tag) ?? [])[0] ?? 'en'

/** Locale of dates and lists: the user's region of the window's language, such as `en-GB`, or the language. */
export const intlLocale = computed(
  () => preferred().find((tag) => languageOf(tag) === language.value) ?? languageTags[language.value],
)

/** Shows the stored language, or the system's. Rejects if its catalogue cannot be loaded; the window is then in English. */
export async function startLanguage(): Promise<void> {
  const stored = localStorage.getItem(storageKey)
  choice.value = languageChoices.find((name) => name === stored) ?? 'system'
  window.addEventListener('languagechange', () => {
    if (choice.value === 'system') void show(systemLanguage())
  })
  await show(choice.value === 'system' ? systemLanguage() : choice.value)
}

/**
 * The language of the window. `choose` stores and shows a language and rejects if its catalogue cannot be loaded.
 * `components` holds the texts of Nuxt UI.
 */
export function useLanguage(): {
  choice: Readonly<Ref<LanguageChoice>>
  components: Readonly<Ref<ComponentLocale | undefined>>
  choose(name: LanguageChoice): Promise<void>
} {
  return {
    choice: readonly(choice),
    components,
    async choose(name) {
      const before = choice.value
      choice.value = name
      try {
        await show(name === 'system' ? systemLanguage() : name)
      } catch (cause) {
        choice.value = before
        throw cause
      }
      localStorage.setItem(storageKey, name)
    },
  }
}
