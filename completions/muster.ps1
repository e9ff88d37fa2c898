# PowerShell completion for muster: muster completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName muster -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Where-Object { $_.Extent.StartOffset -lt $cursorPosition } | ForEach-Object {
        $typed = [Math]::Min($_.Extent.Text.Length, $cursorPosition - $_.Extent.StartOffset)
        $_.Extent.Text.Substring(0, $typed) -replace '(^|=)[''"]', '$1' -replace '[''"]$'
    })
    if ($commandAst.Extent.EndOffset -lt $cursorPosition) { $words += '' }
    # Older versions drop empty words: the mark in front of each keeps them.
    $marked = @($words | Select-Object -Skip 1 | ForEach-Object { "=$_" })
    $answer = @(& $words[0] __powershell @marked 2>$null)
    if ($answer.Count -eq 0 -or $answer[0] -match '^:[02]$') { return } # names of files
    if ($answer.Count -eq 1) { return '' } # nothing, and no files either
    # What PowerShell replaces may be less than the word, as after a comma.
    $ending = $wordToComplete -replace '^[''"]'
    $before = if ($words[-1].EndsWith($ending)) { $words[-1].Length - $ending.Length } else { 0 }
    $answer | Select-Object -SkipLast 1 | ForEach-Object {
        $shown, $help = $_ -split "`t", 2
        $text = $shown.Substring($before)
        if ($text -match '[^\w./:=+-]') { $text = "'" + $text.Replace("'", "''") + "'" }
        [System.Management.Automation.CompletionResult]::new($text, $shown, 'ParameterValue', $(if ($help) { $help } else { $shown }))
    }
}
