import type english from '../en/runs.ts'
import type { Unfinished } from '../shape.ts'

export default {
  cancel: '取消',
  thumbnail: {
    range: '{min} 至 {max}',
    title: '{label}，第 {from} 至 {to} 步：{range}',
    nonFinite: '{count} 个非有限值',
  },
  atStep: {
    menu: '显示某一步的值…',
    detail: '第 {step} 步',
    help: '该步的值；若该步没有记录，则为之前最后记录的值。',
    question: '在哪一步显示{title}？',
    range: '各运行结束于第 {min} 至 {max} 步。若该步没有记录，则显示之前最后记录的值及其步数。',
    step: '步',
    show: '显示',
    earlier: '记录于第 {step} 步：不晚于第 {wanted} 步的最后一个值。',
    earlierValues: '{count} 个值来自更早的步。',
    pending: '正在读取',
  },
} satisfies Unfinished<typeof english>
