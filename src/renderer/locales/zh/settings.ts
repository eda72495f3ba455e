import type english from '../en/settings.ts'
import type { Translation } from '../shape.ts'

export default {
  appearance: {
    title: '外观',
    theme: '主题',
    language: '语言',
    system: '跟随系统',
    light: '浅色',
    dark: '深色',
    failed: '无法加载该语言',
  },
} satisfies Translation<typeof english>
