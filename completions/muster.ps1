# PowerShell completion for muster: muster completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName muster -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $line = $commandAst.Extent.Text.PadRight($cursorPosition - $commandAst.Extent.StartOffset)
    $line = $line.Substring(0, $cursorPosition - $commandAst.Extent.StartOffset)
    $elements = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition -or $_.Extent.EndOffset -eq $cursorPosition })
}
