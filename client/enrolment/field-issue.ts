import { expectedOf, type Issue, valueAt } from '../../protocol/issues.ts';

/**
 * What is wrong with a field of a file that may hold a secret: the field, and what it must be, in our own words and
 * without any of the file's content, not even its unknown keys.
 * @param root the file's content
 */
export function fieldIssue(issue: Issue, root: unknown): string {
  const field = issue.path.join('.');
  const at = field === '' ? 'it' : field;
  if (issue.code === 'unrecognized_keys') {
    return `${at} has ${issue.keys?.length === 1 ? 'a field that does' : 'fields that do'} not belong there`;
  }
  const wanted = expectedOf(issue, 'or');
  if (wanted === undefined) return `${at} ${issue.message}`;
  const came = valueAt(root, issue.path) === undefined ? 'missing' : 'something else';
  return `${at} must be ${wanted}${issue.code === 'invalid_type' ? `, but is ${came}` : ''}`;
}
