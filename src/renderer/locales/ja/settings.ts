import type english from '../en/settings.ts'
import type { Translation } from '../shape.ts'

export default {
  appearance: {
    title: '表示',
    theme: 'テーマ',
    language: '言語',
    system: 'システム',
    light: 'ライト',
    dark: 'ダーク',
    failed: '言語を読み込めませんでした',
  },
} satisfies Translation<typeof english>
