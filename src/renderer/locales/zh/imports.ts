import type english from '../en/imports.ts'
import type { Translation } from '../shape.ts'

export default {
  action: '导入运行',
  title: '导入运行',
  description: '从 TensorBoard 的事件文件或 SQLite 格式的 MLflow 存储中读取数据点和超参数。原文件不会被修改。',
  path: '文件夹或文件',
  pathHelp: '含有事件文件的文件夹，或 mlflow.db 之类的文件。请输入或粘贴路径，或在下方选择。',
  stage: '阶段',
  stageHelp: '文件没有说明这些运行可以与哪些运行比较。',
  stageChoose: '选择阶段',
  dataset: '数据集',
  datasetHelp: '如果已知，请填写名称。',
  preview: '预览',
  import: '导入 {count} 个运行',
  found: '找到的运行',
  columns: { run: '运行', state: '状态', points: '数据点', added: '新数据点', hyperparameters: '超参数' },
  states: { new: '新增', changed: '有变化', unchanged: '无变化' },
  notes: '未导入的内容',
  done: '已导入 {count} 个运行',
  nothing: '这些文件中没有新内容',
} satisfies Translation<typeof english>
