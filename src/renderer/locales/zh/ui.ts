import type english from '../en/ui.ts'
import type { Translation } from '../shape.ts'

export default {
  ago: { now: '刚刚', minutes: '{minutes} 分钟前', hours: '{hours} 小时前', days: '{days} 天前' },
  duration: { ms: '{value} 毫秒', s: '{value} 秒', min: '{value} 分', h: '{value} 小时', d: '{value} 天' },
  undo: '撤销',
} satisfies Translation<typeof english>
