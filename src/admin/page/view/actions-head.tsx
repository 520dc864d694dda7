/** The head of the column that has what can be done with each row. */
export function ActionsHead() {
  return (
    <th scope="col" class="head-actions">
      <span class="unseen">Actions</span>
    </th>
  );
}
