import type { CacheName } from '#contract/domain/settings.ts'
import { t } from '../../ui/language.ts'

/** What the panel of a cache says. */
interface CacheTexts {
  readonly title: string
  readonly description: string
  readonly help: string
  readonly usage: (values: { count: number; used: string; budget: string }) => string
}

export const cacheTexts = (name: CacheName): CacheTexts => texts[name]()

const texts: Readonly<Record<CacheName, () => CacheTexts>> = {
  frames: () => ({
    title: t('settings.frames.title'),
    description: t('settings.frames.description'),
    help: t('settings.frames.help'),
    usage: (values) => t('settings.frames.usage', values),
  }),
  targets: () => ({
    title: t('settings.targets.title'),
    description: t('settings.targets.description'),
    help: t('settings.targets.help'),
    usage: (values) => t('settings.targets.usage', values),
  }),
}
