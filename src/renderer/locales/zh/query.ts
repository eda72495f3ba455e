import type english from '../en/query.ts'
import type { Translation } from '../shape.ts'

export default {
  suggestions: '{label}：建议',
  help: {
    and: '两者都匹配',
    or: '其中之一匹配',
    not: '下一个条件不匹配',
    has: '某个键有值',
    is: '某个标志为开',
    equal: '等于',
    other: '其他值',
    several: '其中之一',
    greater: '大于',
    atLeast: '至少',
    less: '小于',
    atMost: '至多',
    key: '{label}，{unit}',
  },
} satisfies Translation<typeof english>
