export type { Evaluate, TaskHost } from './host.ts';
export type { InitialModel } from './initial-model.ts';
export { TaskModel } from './model.ts';
export { Task, type TaskState, type TaskStatus } from './task.ts';
