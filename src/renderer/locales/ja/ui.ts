import type english from '../en/ui.ts'
import type { Translation } from '../shape.ts'

export default {
  ago: { now: 'たった今', minutes: '{minutes} 分前', hours: '{hours} 時間前', days: '{days} 日前' },
  duration: { ms: '{value} ミリ秒', s: '{value} 秒', min: '{value} 分', h: '{value} 時間', d: '{value} 日' },
  undo: '元に戻す',
} satisfies Translation<typeof english>
